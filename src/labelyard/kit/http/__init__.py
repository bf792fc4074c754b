"""HTTP without product knowledge: error envelope, bodies, paging, and the middleware every request passes."""
