"""What the log of the server says of an answer."""

import logging

SERVER_ERROR = 500


class NoTraceOfRefusals(logging.Filter):
    """An answer below 500 is one line: it is no fault of ours that has to be traced."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off; every line is shown."""
        if getattr(record, "status_code", SERVER_ERROR) < SERVER_ERROR:
            record.exc_info = record.exc_text = None
        return True
