"""Sample projects and sample media of our own making: texts that we wrote, pictures and sounds that are computed."""

from labelyard.samples.model import MEDIA, SampleFile, SampleProject
from labelyard.samples.projects import sample_projects
from labelyard.samples.public import public_samples

__all__ = ["MEDIA", "SampleFile", "SampleProject", "public_samples", "sample_projects"]
