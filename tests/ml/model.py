"""The model of the tests, as an author writes one for `label-studio-ml init --script`: it says "good" of everything, and
after training what the annotations said last."""

from label_studio_ml.model import LabelStudioMLBase


class Moods(LabelStudioMLBase):  # type: ignore[misc]
    def predict(self, tasks, **kwargs):
        mood = (self.train_output or {}).get("mood", "good")
        region = {"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": [mood]}}
        return [{"result": [region], "score": min(len(each["data"]["text"]) / 100, 1.0)} for each in tasks]

    def fit(self, annotations, workdir=None, **kwargs):
        said = kwargs.get("data", {}).get("annotation", {}).get("result", [])
        return {"mood": said[0]["value"]["choices"][0] if said else "bad"}
