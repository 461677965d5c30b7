"""What keeps a script's maps from filling up: entries that nothing will use again are freed as it runs.

Owns: when. Refuses to own: which starts of a scratch map are stale (`kept`), which processes are gone
(`process_table`), which stacks are not sampled any more (`stacks`). Tracer.
"""

from tracetop.bpf.loaded_program import Loaded
from tracetop.tracer import kept
from tracetop.tracer.aggregate.aggregates import Aggregates
from tracetop.tracer.aggregate.counters import as_rows

_EVERY_S = 2.0


class Upkeep:
    """The upkeep of one loaded script."""

    def __init__(self, loaded: Loaded, aggregates: Aggregates, now_s: float) -> None:
        self._loaded = loaded
        self._aggregates = aggregates
        self._done_s = now_s

    def tick(self, now_s: float, *, is_full: bool) -> None:
        """Free what can be freed; `is_full`: a map had no room since the last time."""
        self._retire_processes()
        if is_full or now_s - self._done_s > _EVERY_S:
            self._done_s = now_s
            for spec in self._loaded.program.maps:
                if spec.scratch and spec.keys:
                    kept.reclaim(self._loaded, spec)
            self._retire_stacks()

    def _retire_processes(self) -> None:
        """Free the map entries of processes that are long gone."""
        for table in self._aggregates.process_tables():
            for name, keys in table.held(table.retire()).items():
                if len(keys):
                    self._loaded.delete_keys(name, as_rows(keys))

    def _retire_stacks(self) -> None:
        """Free stacks that are not sampled any more: in hours they would leave no slot for new ones."""
        trees = self._aggregates.trees
        unused: dict[str, set[int]] = {}
        for tree in trees:
            keys, stacks = tree.retire()
            if len(keys):
                self._loaded.delete_keys(tree.spec.name, as_rows(keys))
            for map_, id_ in stacks:
                unused.setdefault(map_, set()).add(id_)
        for map_, id_ in (stack for tree in trees for stack in tree.held()):
            unused.get(map_, set()).discard(id_)
        for map_, ids in unused.items():
            self._loaded.delete_stacks(ids, map_)
