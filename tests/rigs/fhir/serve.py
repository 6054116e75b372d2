"""Serves sekmet-fhir on loopback: serve.py PORT DATA_DIR [CLIENTS]. Ends when its standard input does.

CLIENTS is a JSON file with the clients of SMART Backend Services (client_id, jwks, scopes); without it
the server asks nobody who they are.

The parent holds the other end of the pipe, so the server never outlives the test that started it,
however that test ends.
"""

import json
import os
import sys
import threading

import uvicorn
from sekmet.config import Settings, set_settings
from sekmet.fhir import search_params
from sekmet.main import create_app

# R4's search parameters (4.0.1, the page of each resource) of the types that the server keeps and cannot
# search. Without them it takes no conditional create of these.
SEARCH_PARAMETERS = {
    "CareTeam": [
        "identifier:token:identifier",
        "status:token:status",
        "subject:reference:subject",
        "patient:reference:subject:Patient",
    ],
    "Goal": [
        "identifier:token:identifier",
        "lifecycle-status:token:lifecycleStatus",
        "subject:reference:subject",
        "patient:reference:subject:Patient",
    ],
    "Questionnaire": [
        "identifier:token:identifier",
        "status:token:status",
        "url:uri:url",
        "version:token:version",
    ],
    "QuestionnaireResponse": [
        "identifier:token:identifier",
        "status:token:status",
        "subject:reference:subject",
        "patient:reference:subject:Patient",
        "questionnaire:uri:questionnaire",
        "authored:date:authored",
    ],
    "ValueSet": ["identifier:token:identifier", "url:uri:url", "version:token:version"],
}


def add_search_parameters() -> None:
    for kind, lines in SEARCH_PARAMETERS.items():
        known = search_params.PARAMS.setdefault(kind, {})
        for line in lines:
            name, form, path, *target = line.split(":")
            known[name] = search_params.SearchParam(name, form, (path,), *target)


def end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main() -> None:
    port, data = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=end_with_parent, daemon=True).start()
    server_auth = {}
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf-8") as file:
            server_auth = {"types": ["smart"], "smart_clients": json.load(file)}
    add_search_parameters()
    settings = Settings(
        base_url=f"http://127.0.0.1:{port}/fhir",
        host="127.0.0.1",
        port=port,
        data_dir=data,
        # No made-up patients and no traffic log: what is there is what was sent.
        simulator={"enabled": False},
        log_inbound=False,
        server_auth=server_auth,
    )
    set_settings(settings)
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
