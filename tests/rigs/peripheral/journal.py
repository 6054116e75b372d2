"""The rig's own log, in the format of `tests/src/rig/log.rs`."""

import json
import os
import time


class Journal:
    """Appends one JSON object a line; goes on counting where an older log stopped."""

    def __init__(self, path):
        self.path = path
        lines = self.lines()
        self.last = lines[-1]['n'] if lines else 0
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, event, **details):
        self.last += 1
        entry = {'n': self.last, 'at_us': time.time_ns() // 1000, 'event': event}
        entry.update((name, value) for name, value in details.items() if value is not None)
        os.write(self.file, json.dumps(entry).encode() + b'\n')
        return self.last

    def lines(self, after=0):
        """The whole lines after line `after`; one torn by a kill is passed over."""
        try:
            with open(self.path, encoding='utf-8') as file:
                whole = file.read().split('\n')[:-1]
        except FileNotFoundError:
            return []
        return [entry for entry in map(json.loads, whole) if entry['n'] > after]
