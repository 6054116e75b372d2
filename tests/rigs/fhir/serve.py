"""Serves sekmet-fhir on loopback: serve.py PORT DATA_DIR. Ends when its standard input does.

The parent holds the other end of the pipe, so the server never outlives the test that started it,
however that test ends.
"""

import os
import sys
import threading

import uvicorn
from sekmet.config import Settings, set_settings
from sekmet.main import create_app


def end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main() -> None:
    port, data = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=end_with_parent, daemon=True).start()
    settings = Settings(
        base_url=f"http://127.0.0.1:{port}/fhir",
        host="127.0.0.1",
        port=port,
        data_dir=data,
        # No made-up patients and no traffic log: what is there is what was sent.
        simulator={"enabled": False},
        log_inbound=False,
    )
    set_settings(settings)
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
