from __future__ import annotations

from django.db import migrations

from governance import guards
from governance.deliberation.states import TRANSITIONS


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("deliberation", "0001_initial")]

    operations = [
        guards.append_only("deliberation_seat", columns=['deliberation_id', 'user_id', 'group_key', 'pseudonym']),
        guards.append_only("deliberation_position", columns=['deliberation_id', 'user_id', 'group_key', 'kind', 'stated_at', 'leaf_id']),
        guards.append_only("deliberation_ballot", columns=['deliberation_id', 'pseudonym', 'group_key', 'ranking', 'salt', 'commitment', 'cast_at', 'leaf_id']),
        guards.append_only("deliberation_outcome", columns=['deliberation_id', 'winner', 'document', 'digest', 'decided_by_id', 'decided_at', 'leaf_id']),
        guards.never_deleted("deliberation_deliberation"),
        guards.transitions("deliberation_deliberation", TRANSITIONS),
        guards.frozen_columns("deliberation_deliberation", ['system_id', 'proposer_id', 'facilitator_id', 'prepared_at']),
        guards.filled_once("deliberation_deliberation", ['opened_at', 'voting_from', 'voting_until', 'closed_at', 'answer']),
        guards.frozen_columns("deliberation_deliberation", ['subject', 'subject_digest', 'question', 'framing', 'options', 'seated_groups', 'rule', 'quorum', 'group_quorum', 'smallest_group'], unless="OLD.state IN ('draft', 'open')", name="design"),
        guards.insert_while("deliberation_seat", parent="deliberation_deliberation", key="deliberation_id", states=('draft',)),
        guards.insert_while("deliberation_position", parent="deliberation_deliberation", key="deliberation_id", states=('open', 'voting')),
        guards.insert_while("deliberation_ballot", parent="deliberation_deliberation", key="deliberation_id", states=('voting',)),
    ]
