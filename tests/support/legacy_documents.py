"""What the documents of the 0.x line show: an example task with its label config, and the table of endpoints."""

from typing import Any

CONFIG = """<View>
  <Text name="message" value="$my_text"/>
  <Choices name="sentiment_class" toName="message">
    <Choice value="Positive"/>
    <Choice value="Neutral"/>
    <Choice value="Negative"/>
  </Choices>
</View>"""
# With its comments taken out: JSON has none.
TASK: dict[str, Any] = {
    "id": 123,
    "data": {
        "my_text": "Opossum is great",
        "ref_id": 456,
        "meta_info": {"timestamp": "2020-03-09 18:15:28.212882", "location": "North Pole"},
    },
    "completions": [
        {
            "result": [
                {
                    "from_name": "sentiment_class",
                    "to_name": "message",
                    "type": "choices",
                    "value": {"choices": ["Positive"]},
                }
            ]
        }
    ],
    "predictions": [
        {
            "result": [
                {
                    "from_name": "sentiment_class",
                    "to_name": "message",
                    "type": "choices",
                    "value": {"choices": ["Neutral"]},
                }
            ],
            "score": 0.95,
        }
    ],
}

# A path and its methods a line.
ENDPOINTS = """
/api/project GET POST PATCH
/api/project/config POST
/api/project/import POST
/api/project/export GET
/api/project/next GET
/api/project/storage-settings GET POST
/api/project-switch GET
/api/tasks GET DELETE
/api/tasks/<task_id> GET DELETE PATCH POST
/api/tasks/<task_id>/completions POST DELETE
/api/tasks/<task_id>/completions/<completion_id> PATCH DELETE
/api/completions GET DELETE
/api/models GET DELETE
/api/models/train POST
/api/models/predictions GET POST
/api/validate-config POST
/api/import-example GET POST
/api/import-example-file GET
/api/health GET
/version GET
"""
