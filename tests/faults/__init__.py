"""Real processes are killed, the real database is stopped; what was acknowledged must be there, once."""

import pytest

pytest.register_assert_rewrite("tests.faults.audit", "tests.faults.waiting")
