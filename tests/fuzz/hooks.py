"""What schemathesis has to be told about this API; it loads this module by its path."""

import schemathesis

# The pieces of resumable uploads are bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
