"""What the parts of one running server share. Made once, in `app.py`."""

from dataclasses import dataclass

from labelyard.kit.crypto import Secrets
from labelyard.kit.db.database import Database
from labelyard.kit.jobs.periodic import Periodic
from labelyard.kit.jobs.runner import JobRunner
from labelyard.kit.net import Policy
from labelyard.kit.objects.local import LocalObjects
from labelyard.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    db: Database
    jobs: JobRunner
    deliveries: JobRunner  # jobs that wait for other servers, apart from those that people wait for
    models: JobRunner  # jobs that wait for ML backends
    objects: LocalObjects
    secrets: Secrets
    outbound: Policy
    outbound_ml: Policy  # which addresses ML backends may have
    periodic: Periodic
