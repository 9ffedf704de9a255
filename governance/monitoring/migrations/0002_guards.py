from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.monitoring.states import TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("monitoring", "0001_initial")]

    operations = [
        guards.append_only("monitoring_synchronisation", columns=['system_id', 'report_id', 'report_digest', 'judged_by_id', 'judged_at', 'leaf_id']),
        guards.never_deleted("monitoring_deployment"),
        guards.never_deleted("monitoring_outofbandpromotion"),
        guards.transitions("monitoring_outofbandpromotion", TRANSITIONS),
    ]
