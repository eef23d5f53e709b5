# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a user answered in weeks that are past, and a time zone in which the hour does not end."""
import contextlib
import datetime
import os
import sqlite3
import time


class Zone:
    """A time zone (`name`, for TZ) in which it is about half past twelve now: no hour, and no day, ends
    during a test."""

    def __init__(self):
        now = int(time.time() % 86400 // 60)
        minutes = 12 * 60 + 30 - now
        ahead = '-' if minutes >= 0 else ''  # POSIX counts to the west
        self.name = f'TST{ahead}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}'
        self.zone = datetime.timezone(datetime.timedelta(minutes=minutes))

    def now(self):
        return datetime.datetime.now(self.zone)

    def is_weekend(self):
        return self.now().weekday() >= 5

    def days(self, weekend, weeks):
        """Such days before today, the newest first."""
        days = (self.now() - datetime.timedelta(days=n + 1) for n in range(7 * weeks))
        return [day for day in days if (day.weekday() >= 5) == weekend]


def seed_answers(server, zone, answers):
    """(weekend, hour, device's or identity's id, weeks of them): one on each such day, as calls to the
    first user leave them behind. The server does not run."""
    with contextlib.closing(sqlite3.connect(os.path.join(server.state, 'offhook.db'),
                                            timeout=10)) as db, db:
        for weekend, hour, place, weeks in answers:
            column = 'identity_id' if isinstance(place, int) else 'device_id'
            for day in zone.days(weekend, weeks):
                db.execute(f'INSERT INTO answers (user_id, time, {column}) VALUES (1, ?, ?)', (
                    int(day.replace(hour=hour, minute=20).timestamp()), place))
