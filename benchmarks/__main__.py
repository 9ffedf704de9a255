from __future__ import annotations

from benchmarks import audited_write

audited_write.main()
