"""The main job, step by step, on a running installation. What is recorded already is used again; each step gives a
verdict, and `expected` says whether it is the one that the demonstration is about."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from config import installing
from config.demo import agreeing, command_line
from config.demo.agreeing import HERE, SYSTEM, person
from governance.accounts.services import issue_token
from governance.approvals import judging, looking
from governance.approvals import selectors as approvals
from governance.approvals import services as candidates
from governance.approvals.models import Approval, ReleaseCandidate, WriteBack
from governance.approvals.writing_back import alias_of, tag_of
from governance.errors import DomainError
from governance.evidence import registration
from governance.gates.comparison import INCOMPARABLE, trade_offs
from governance.monitoring import tasks
from governance.monitoring.models import OutOfBandPromotion
from governance.specs import selectors as specs
from governance.systems.models import AISystem
from governance.systems.roles import SCOPES
from lineage.models import ModelVersion, TrackingServer
from lineage.registry import Registry

PASSWORD = "edgewise-demonstration"  # noqa: S105
MODEL = "outreach-model"
PHONE, LETTER = "us/outreach/phone", "us/outreach/letter"
LIVE_PHONE = "live-phone"
VERDICTS = {"1": "FAIL", "2": "INSUFFICIENT", "3": "NEEDS_DELIBERATION", "4": "PASS"}
PATIENCE = 60.0


@dataclass(frozen=True)
class Step:
    """One verdict: what was done, what came of it, and whether that was expected."""

    what: str
    verdict: str
    expected: bool


class Story:
    """Walks the main job. `tell` is called with each step as it is done."""

    def __init__(self, *, site_url: str, mlflow_url: str, folder: Path, tell: Callable[[Step], None]) -> None:
        self.site_url, self.mlflow_url, self.folder = site_url, mlflow_url, folder
        self.tell = tell
        self.steps: list[Step] = []
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self) -> bool:
        """Walk every step; return whether all came out as expected."""
        self.ratify()
        self.explain_metrics()
        self.train()
        self.register()
        self.judge()
        approval = self.approve()
        self.see_write_back(approval)
        self.block()
        self.check()
        self.promote_out_of_band()
        self.verify(approval)
        return all(step.expected for step in self.steps)

    def ratify(self) -> None:
        """The steward drafts, three groups vote, one person dissents, a board member ratifies."""
        system = AISystem.objects.get(key=SYSTEM)
        linted = command_line.edgewise("spec", "lint", str(HERE / "specification.yaml"))
        self.note("The specification is linted", "no problems" if not linted.code else linted.output, not linted.code)
        version = specs.in_force(system=system) or agreeing.deliberate()
        outcome = version.deliberation.outcome
        self.note(
            "Three groups deliberate", f"“{outcome.winner}” wins; dissent: {outcome.dissent}", bool(outcome.winner)
        )
        by = version.ratified_by.name
        self.note("A board member ratifies", f"{version.version} {version.digest[:12]}, by {by}", True)

    def explain_metrics(self) -> None:
        """The steward writes what each metric says and why it is believed; a board member approves it."""
        approved, asked = agreeing.approve_sheets(), agreeing.metrics()
        self.note("Each metric has an approved sheet", ", ".join(sorted(approved)), approved == asked != set())

    def train(self) -> None:
        """The engineer trains and evaluates in MLflow, after the ratification."""
        said, trained = "recorded already", _evaluated_versions() == set(VERDICTS)
        if not trained:
            ran = command_line.training(self.mlflow_url, user=person("erin").email or "")
            trained = not ran.code
            said = "parent and child runs, data sets, models, case tables" if trained else ran.output[-2000:]
        self.note("Four models are trained and evaluated in MLflow", said, trained)

    def register(self) -> None:
        """One command registers a checkpoint, twice to the same effect; the siblings come by synchronisation."""
        uri = f"models:/{MODEL}/4"
        token = self._token("erin")
        first, again = (self._edgewise(token, "register", uri, "--system", SYSTEM) for _ in range(2))
        self.note(f"edgewise register {uri}", _last(first.output), first.code == 0)
        self.note("… and once more", "nothing changed", first.code == again.code == 0)
        tasks.synchronise.delay()
        mirrored = self._wait(lambda: _hashed_versions() == set(VERDICTS))
        self.note("Its siblings are synchronised", f"versions {', '.join(sorted(_hashed_versions()))}", mirrored)

    def judge(self) -> None:
        """Evidence is read and recomputed for each version, and the gate judges it for the phone."""
        erin = person("erin")
        for number, wanted in VERDICTS.items():
            uri = f"models:/{MODEL}/{number}"
            runs = registration.bring_in(system_key=SYSTEM, uri=uri, by=erin, at=timezone.now())
            found = sum(run.observations.count() for run in runs)
            report = judging.judge(
                system_key=SYSTEM, version=version(number), context_key=PHONE, by=erin, at=timezone.now()
            )
            reasons = report.content()["reasons"]
            why = f" {reasons[0]}" if reasons else f" {found} observations recomputed from the case table"
            self.note(f"The gate judges version {number}", f"{report.verdict}.{why}", report.verdict == wanted)

    def approve(self) -> Approval:
        """A candidate is opened and signed; the engineer may not sign; the board decides."""
        approval = Approval.objects.filter(context_key=PHONE, model_version=version("4"), state="active").first()
        candidate = approval.decision.revision.candidate if approval else self._open()
        self.note("A release candidate is open", f"{candidate} for {PHONE}", True)
        refused = self._refused(candidate)
        self.note("The engineer who registered it tries to sign", refused or "was not refused", bool(refused))
        if approval is None:
            approval = self._sign_and_decide(candidate)
        signed = ", ".join(s.user.name for s in approvals.sign_offs(approval.decision.revision))
        self.note("Two board members and a representative sign", signed, signed.count(",") == 2)
        until = f"{approval.valid_until:%Y-%m-%d}"
        self.note("The board decides", f"{approval} until {until}, statement {approval.statement_digest[:12]}", True)
        return approval

    def see_write_back(self, approval: Approval) -> None:
        """MLflow itself says so, by tag and alias."""
        told = self._wait(lambda: not WriteBack.objects.filter(approval=approval).exclude(state="done").exists())
        with Registry.of(server()) as registry:
            alias = registry.registered_model(name=MODEL).aliases.get(alias_of(PHONE))
            tag = registry.version(name=MODEL, version="4").tags.get(tag_of(PHONE), "")
        self.note("MLflow says so", f"alias {alias_of(PHONE)} → {alias}, tag “{tag}”", told and alias == "4")

    def block(self) -> None:
        """A candidate on which people differ stays blocked, and says what it waits for."""
        uri, erin = f"models:/{MODEL}/3", person("erin")
        registration.register(system_key=SYSTEM, uri=uri, by=erin, at=timezone.now())
        self._compare("3")
        candidate = ReleaseCandidate.objects.filter(model_version=version("3"), context_key=PHONE, state="open").first()
        candidate = candidate or looking.open_candidate(
            system_key=SYSTEM, version=version("3"), context_key=PHONE, by=erin, at=timezone.now()
        )
        stands = approvals.standing_of(approvals.newest_revision(candidate), at=timezone.now())
        waits = " ".join(requirement.sentence for requirement in stands.unmet)
        self.note(f"{candidate} for version 3 is blocked", waits, not stands.met)

    def _compare(self, number: str) -> None:
        report = judging.judge(
            system_key=SYSTEM, version=version(number), context_key=PHONE, by=person("erin"), at=timezone.now()
        )
        found = trade_offs(report.content()) or {"relation": "not compared", "losses": []}
        losses = [
            f"{one['group']} would lose on {one['metric']}, {one['incumbent']} → {one['candidate']}"
            for one in found["losses"]
        ]
        said = f"{found['relation']}: {'; '.join(losses) or 'nobody loses'}"
        self.note(f"Version {number} is compared with the approved one", said, found["relation"] == INCOMPARABLE)

    def check(self) -> None:
        """The pipeline asks: yes for one version in one context, no with reasons for everything else."""
        token = self._token("Release pipeline")
        questions = [(number, PHONE) for number in VERDICTS] + [("4", LETTER)]
        for number, context in questions:
            ran = self._edgewise(token, "check", f"models:/{MODEL}/{number}", "--context", context)
            wanted = 0 if (number, context) == ("4", PHONE) else 1
            said = f"exit {ran.code}: {' '.join(ran.output.split())}"
            self.note(f"edgewise check version {number} for {context}", said[:300], ran.code == wanted)
        path = self._download("4")
        ran = self._edgewise(token, "check", f"models:/{MODEL}/4", "--context", PHONE, "--path", str(path))
        self.note("… and the folder that is about to be deployed", f"exit {ran.code}", ran.code == 0)

    def promote_out_of_band(self) -> None:
        """Somebody moves the live alias to an unapproved version; the next synchronisation finds it."""
        with Registry.of(server()) as registry:
            registry.set_alias(name=MODEL, alias=LIVE_PHONE, version="4")
        tasks.synchronise.delay()
        calm = self._wait(lambda: _live() == "4" and _promotion() is None)
        self.note(f"{LIVE_PHONE} is on the approved version", "nothing out of band", calm)
        with Registry.of(server()) as registry:
            registry.set_alias(name=MODEL, alias=LIVE_PHONE, version="1")
        tasks.synchronise.delay()
        found = self._wait(lambda: _promotion() is not None)
        promotion = _promotion()
        what = (
            f"{promotion.before} → {promotion.model_version} in {promotion.context_key}" if promotion else "not found"
        )
        self.note(f"Somebody moves {LIVE_PHONE} to version 1", f"out-of-band promotion found: {what}", found)

    def verify(self, approval: Approval) -> None:
        """The bundle verifies with nothing but the keys; with one byte changed it does not."""
        bundle, keys = self.folder / "approval.bundle.zip", self.folder / "keys.pub"
        token = self._token("audrey")
        written = self._edgewise(token, "bundle", str(approval.pk), "--output", str(bundle), "--keys", str(keys))
        self.note("edgewise bundle", _last(written.output), written.code == 0)
        if written.code:
            return
        ran = command_line.edgewise("verify", str(bundle), "--keys", str(keys))
        self.note("edgewise verify", _last(ran.output), ran.code == 0)
        altered = bytearray(bundle.read_bytes())
        altered[len(altered) // 2] ^= 1
        broken = self.folder / "altered.bundle.zip"
        broken.write_bytes(altered)
        ran = command_line.edgewise("verify", str(broken), "--keys", str(keys))
        self.note("… with one byte changed", f"exit {ran.code}: {_last(ran.output)}", ran.code == 1)
        broken.unlink()

    def note(self, what: str, verdict: str, expected: bool) -> None:
        """Keep a step and tell of it."""
        self.steps.append(Step(what, verdict, expected))
        self.tell(self.steps[-1])

    def _open(self) -> ReleaseCandidate:
        candidate = ReleaseCandidate.objects.filter(model_version=version("4"), context_key=PHONE, state="open").first()
        return candidate or looking.open_candidate(
            system_key=SYSTEM, version=version("4"), context_key=PHONE, by=person("erin"), at=timezone.now()
        )

    def _refused(self, candidate: ReleaseCandidate) -> str:
        try:
            self._sign(candidate, "erin", role="board_member")
        except DomainError as error:
            return error.message
        return ""

    def _sign_and_decide(self, candidate: ReleaseCandidate) -> Approval:
        revision = candidates.newest_revision(candidate)
        wanted = (("bo", "board_member", ""), ("bea", "board_member", ""), ("rita", "representative", "poor-health"))
        for name, role, group in wanted:
            if not revision.sign_offs.filter(user=person(name)).exists():
                self._sign(candidate, name, role=role, group=group)
        decision = looking.decide(
            candidate_id=candidate.pk,
            shown_digest=revision.digest,
            outcome="approved",
            reason="Every group's need is seen; the dissent is answered by a review in spring.",
            by=person("bea"),
            at=timezone.now(),
        )
        return decision.approval

    def _sign(self, candidate: ReleaseCandidate, name: str, *, role: str, group: str = "") -> None:
        candidates.sign(
            candidate_id=candidate.pk,
            shown_digest=candidates.newest_revision(candidate).digest,
            role=role,
            group=group,
            stance="approve",
            by=person(name),
            at=timezone.now(),
        )

    def _download(self, number: str) -> Path:
        folder = self.folder / f"model-{number}"
        with Registry.of(server()) as registry:
            uri = registry.download_uri(name=MODEL, version=number)
            for entry in registry.files(uri=uri):
                target = folder / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    registry.fetch(uri=uri, path=entry.path, into=file, limit=2**26)
        return folder

    def _edgewise(self, token: str, *arguments: str) -> command_line.Ran:
        return command_line.edgewise(*arguments, url=self.site_url, token=token)

    def _token(self, name: str) -> str:
        user, now = person(name), timezone.now()
        by = user if user.kind == "person" else person("ada")
        scopes = sorted(SCOPES - {"administer"})
        expires = now + timedelta(hours=1)
        _, secret = issue_token(user=user, label="demonstration", scopes=scopes, expires_at=expires, by=by, at=now)
        return secret

    def _wait(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


def begin(*, mlflow_url: str, folder: Path) -> None:
    """Set up the demonstration's installation, its MLflow at `mlflow_url`."""
    folder.mkdir(parents=True, exist_ok=True)
    described = folder / "installation.yaml"
    described.write_text((HERE / "installation.yaml").read_text().replace("http://127.0.0.1:5000", mlflow_url))
    installing.apply(described, password=PASSWORD, own_passwords=True)


def server() -> TrackingServer:
    """Return the demonstration's tracking server."""
    return TrackingServer.objects.get(key="main")


def version(number: str) -> ModelVersion:
    """Return one version of the demonstration's model as the mirror has it."""
    rows = ModelVersion.objects.select_related("registered_model__server", "run", "logged_model")
    return rows.get(registered_model__name=MODEL, version=number, vanished_at=None)


def _hashed_versions() -> set[str]:
    rows = ModelVersion.objects.filter(registered_model__name=MODEL, digests__isnull=False, vanished_at=None)
    return set(rows.values_list("version", flat=True))


def _evaluated_versions() -> set[str]:
    rows = ModelVersion.objects.filter(registered_model__name=MODEL, evaluations__isnull=False, vanished_at=None)
    return set(rows.values_list("version", flat=True))


def _live() -> str:
    running = AISystem.objects.get(key=SYSTEM).deployments.filter(context_key=PHONE, until__isnull=True).first()
    return running.model_version.version if running else ""


def _promotion() -> OutOfBandPromotion | None:
    rows = OutOfBandPromotion.objects.filter(context_key=PHONE, state="open")
    return rows.select_related("before__registered_model", "model_version__registered_model").first()


def _last(output: str) -> str:
    return (output.splitlines() or [""])[-1]
