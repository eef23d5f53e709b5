# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured figure, with its goal and a peer's."""
from dataclasses import asdict, dataclass
from typing import Optional

ASTERISK = 'Asterisk elsewhere'  # cannot run here: its figure was measured on two cores of another machine


@dataclass
class Figure:
    """`limit` says which way the goal lies: "max" (value at most) or "min" (at least)."""
    name: str
    value: float
    unit: str
    goal: Optional[float] = None
    peer: Optional[str] = None
    peer_value: Optional[float] = None
    limit: str = 'max'

    def __post_init__(self):
        self.value = round(self.value, 3)
        if self.goal is not None:
            self.goal = round(self.goal, 3)
        if self.peer_value is not None:
            self.peer_value = round(self.peer_value, 3)

    @property
    def met(self):
        if self.goal is None:
            return None
        return self.value <= self.goal if self.limit == 'max' else self.value >= self.goal

    @property
    def ratio(self):
        """Of the value to the peer's; None where there is none."""
        return round(self.value / self.peer_value, 3) if self.peer_value else None

    def to_json(self):
        return dict(asdict(self), met=self.met, ratio=self.ratio)


def quantile(values, part):
    """Of a list that is not empty: 0.5 the median, 0.95 the p95."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
