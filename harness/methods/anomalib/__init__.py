"""anomalib's models as methods: ``anomalib:NAME`` for every one of them, and short names for some.

anomalib is an optional dependency (extra ``baselines``). It takes seconds to import and is imported only when
the settings of a model are read. docs/baselines.md says what is anomalib's and what is ours.
"""
