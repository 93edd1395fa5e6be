"""Figures for whoever watches this installation, in Prometheus's text format, and for what adds workers."""

import datetime as dt
import hmac
from collections.abc import Iterator

import flask
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from lti_grader.core.settings import Settings
from lti_grader.grading.load import load
from lti_grader.lti.on_their_way import on_their_way


def answer_metrics(app: flask.Flask, settings: Settings) -> None:
    """Answer under `/-/metrics` whoever knows `metrics_token`; nobody, where there is none.

    Every figure is read from the tables: whichever web process is asked says the same.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(settings.queue_seconds))

    @app.get("/-/metrics")
    def metrics() -> flask.Response:
        """Say what waits, how fast it goes, and how many workers it would take."""
        token = settings.metrics_token
        if token is None:
            flask.abort(404)
        given = flask.request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
            flask.abort(401)
        return flask.Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Figures(Collector):
    def __init__(self, queue_seconds: float) -> None:
        self._queue_seconds = queue_seconds

    def describe(self) -> list[Metric]:
        # Nothing is read while the application is put together.
        return []

    def collect(self) -> Iterator[Metric]:
        now = dt.datetime.now(dt.UTC)
        yield from self._judging(now)
        yield from self._scores(now)

    def _judging(self, now: dt.datetime) -> Iterator[Metric]:
        found = load(at=now)
        jobs = GaugeMetricFamily(
            "lti_grader_judging_jobs", "Programs that wait to be judged, or are being judged", labels=["rank", "status"]
        )
        oldest = GaugeMetricFamily(
            "lti_grader_judging_oldest_seconds", "How long the oldest that waits has been waiting", labels=["rank"]
        )
        for rank, queued in found.ranks.items():
            jobs.add_metric([rank, "waiting"], queued.waiting)
            jobs.add_metric([rank, "running"], queued.running)
            oldest.add_metric([rank], queued.oldest_seconds)
        yield jobs
        yield oldest
        yield GaugeMetricFamily(
            "lti_grader_judging_seconds", "How long a worker has lately been taking for one", found.judging_seconds
        )
        yield GaugeMetricFamily(
            "lti_grader_judging_given_up", "Programs of the last 24 hours that could not be judged", found.given_up
        )
        yield GaugeMetricFamily(
            "lti_grader_judging_workers_wanted",
            "Worker processes that would have everything judged that waits within queue_seconds",
            found.workers_wanted(self._queue_seconds),
        )

    def _scores(self, now: dt.datetime) -> Iterator[Metric]:
        found = on_their_way(at=now)
        scores = GaugeMetricFamily(
            "lti_grader_scores_on_their_way", "Scores that an LMS was not yet seen to hold", labels=["status"]
        )
        for status, count in found.by_status.items():
            scores.add_metric([status], count)
        yield scores
        yield GaugeMetricFamily(
            "lti_grader_scores_oldest_seconds", "How long the oldest of them has been on its way", found.oldest_seconds
        )
