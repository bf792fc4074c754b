"""`python -m labelyard.openapi` prints the API description as JSON."""

import json
import sys

from labelyard.app import openapi_document


def main() -> None:
    json.dump(openapi_document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
