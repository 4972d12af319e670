"""Which buckets there are, which requests draw on them, and what headers have told of them."""

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from pinterest_async._core.bucket import Bucket
from pinterest_async.limits import published
from pinterest_async.limits._lanes import House, Key, Lane
from pinterest_async.limits.blame import Said
from pinterest_async.limits.protocol import LimitRequest
from pinterest_async.limits.published import OWN, Quota

Called = tuple[str, str, str, str | None, str]
"""What a request tells about its buckets."""


def called(request: LimitRequest) -> Called:
    """Requests of which this is the same draw on the same buckets."""
    category, operation = request.category, request.operation_id
    return (
        request.subject,
        category,
        operation if operation in OWN else "",
        request.ad_account_id if category == "ads_conversions" else None,
        request.access,
    )


class Learnt(NamedTuple):
    """A bucket whose quota has changed; a new one shares the tokens of `twin`."""

    key: Key
    limit: int
    window: float
    twin: Key | None = None


B = TypeVar("B", bound=Bucket)
H = TypeVar("H", bound=House)
L = TypeVar("L", bound=Lane)


class Register(Generic[B, H, L]):
    """The buckets, houses and lanes of a limiter.

    A quota that headers name with several windows has a bucket for each. The first is found by
    published name; a further one goes when it was not named for a window of its own.
    """

    def __init__(
        self,
        quotas: Mapping[str, tuple[int, float]] | None,
        bucket: Callable[[Quota], B],
        house: Callable[[], H],
        lane: Callable[[H, tuple[Key, ...], tuple[B, ...]], L],
    ) -> None:
        self.buckets: dict[Key, B] = {}
        self.houses: dict[Key, H] = {}
        self.lanes: dict[Called, L] = {}
        self._better = published.known(quotas)
        self._make = bucket, house, lane
        # What headers told last, by name and whether it is a trial's: buckets go when idle.
        self._told: dict[tuple[str, bool], tuple[int, float]] = {}
        self._further: dict[Key, dict[Key, float]] = {}  # and when each was named last

    def open(self, request: LimitRequest) -> L:
        """A lane for requests such as this."""
        make_bucket, make_house, make_lane = self._make
        wanted = published.buckets(request, self._better)
        for key, quota in wanted:
            if key not in self.buckets:
                limit, window = self._told.get((key[0], key[1] == "app"), quota)
                # The stricter of both, since another user may be told otherwise.
                strict = Quota(min(limit, quota.limit), max(window, quota.window))
                self.buckets[key] = make_bucket(strict)
        keys = tuple(key for key, _ in wanted)
        house = self.houses.get(keys[0])
        if house is None:
            house = self.houses[keys[0]] = make_house()
        lane = make_lane(house, keys, tuple(self.buckets[key] for key in keys))
        for role, key in enumerate(keys):
            for further in self._further.get(key, ()):
                lane.widen(role, further, self.buckets[further])
        self.lanes[called(request)] = lane
        return lane

    def learn(self, lane: L, said: Said, now: float) -> list[Learnt]:
        """Adopt the quotas that headers name; returns what that changes."""
        learnt: list[Learnt] = []
        for role in dict.fromkeys(index for index, _, _ in said.quotas):
            told: dict[float, int] = {}
            for index, limit, window in said.quotas:
                if index == role:
                    seconds = window or lane.buckets[role].window
                    told[seconds] = min(limit, told.get(seconds, limit))
            learnt += self._adopt(lane, role, told, now)
        return learnt

    def sweep(self, busy: Callable[[L], bool], idle: Callable[[B], bool]) -> list[L]:
        """Forget lanes that are not busy, and idle buckets that none of the others draws on."""
        gone: list[L] = []
        used: set[Key] = set()
        for name, lane in list(self.lanes.items()):
            if busy(lane):
                used.update(lane.keys)
            else:
                gone.append(self.lanes.pop(name))
        for key, bucket in list(self.buckets.items()):
            if key not in used and idle(bucket):
                del self.buckets[key]
                self.houses.pop(key, None)
        for key, further in list(self._further.items()):
            kept = {one: named for one, named in further.items() if one in self.buckets}
            if kept:
                self._further[key] = kept
            else:
                del self._further[key]
        return gone

    def _adopt(self, lane: L, role: int, told: dict[float, int], now: float) -> list[Learnt]:
        """Bring the buckets of one quota in line with the windows that headers name."""
        main = lane.keys[role]
        unnamed = {lane.buckets[place].window: lane.keys[place] for place in lane.windows(role)}
        known: list[tuple[Key, int, float]] = []
        fresh: list[tuple[int, float]] = []
        for window, limit in told.items():
            if window in unnamed:
                known.append((unnamed.pop(window), limit, window))
            else:
                fresh.append((limit, window))
        if fresh and main in unnamed.values():
            known.append((main, *fresh.pop(0)))
        learnt = [self._widen(main, Quota(*quota)) for quota in fresh]
        further = self._further.get(main, {})
        for key, limit, window in known:
            bucket = self.buckets[key]
            if not bucket.holds(limit, window):
                bucket.learn(limit, window)
                learnt.append(Learnt(key, limit, window))
            if key == main:
                self._told[key[0], key[1] == "app"] = limit, window
        for key, named in list(further.items()):
            if key not in unnamed.values():
                further[key] = now
            elif now - named > self.buckets[key].window:
                self._narrow(main, key)
        return learnt

    def _widen(self, main: Key, quota: Quota) -> Learnt:
        key = (f"{main[0]};w={quota.window:g}", main[1])
        bucket = self.buckets[key] = self._make[0](quota)
        bucket.share(self.buckets[main])
        self._further.setdefault(main, {})[key] = 0.0
        for lane in self.lanes.values():
            if main in lane.keys:
                lane.widen(lane.keys.index(main), key, bucket)
        return Learnt(key, quota.limit, quota.window, main)

    def _narrow(self, main: Key, key: Key) -> None:
        del self._further[main][key]
        del self.buckets[key]
        for lane in self.lanes.values():
            if key in lane.keys:
                lane.narrow(key)
