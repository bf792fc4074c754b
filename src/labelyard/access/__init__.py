"""Who may: roles, the rights that they have, and which projects exist for whom."""
