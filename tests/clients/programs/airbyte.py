"""airbyte-source-pinterest: check, discover, and a full read of every stream.

Each stream must deliver records, and they must fit the JSON schema that the connector has for it.
"""

import datetime as dt
import logging
import pkgutil
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    Status,
    SyncMode,
    TraceType,
    Type,
)
from airbyte_cdk.sources.declarative.async_job.job_orchestrator import AsyncJobOrchestrator
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from jsonschema import Draft7Validator
from reporting import call, given, run

GIVEN = given()
LOGGER = logging.getLogger("airbyte")
DAYS = 1
"""Of reports: a file for all their days would be too large for a test."""
MANIFEST = Path("manifest.yaml")
"""The connector's own, with the emulator's address: it has no setting for that."""
_CAMPAIGN = {"CAMPAIGN_ENTITY_STATUS", "CAMPAIGN_ID"}
WRONG = {
    "campaign_analytics": _CAMPAIGN | {"ADVERTISER_ID"},
    "ad_group_analytics": _CAMPAIGN,
    "ad_analytics": _CAMPAIGN | {"PIN_ID", "PIN_PROMOTION_ID"},
}
"""Fields that its schemas have as numbers: words, and ids that the description has as strings."""


def config(*, since: int | None = None) -> dict[str, Any]:
    """A person's settings, for all that there is or for the last days."""
    id, secret = GIVEN["app"]
    start = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=since or 0)
    return ({"start_date": str(start)} if since else {}) | {
        "status": ["ACTIVE", "PAUSED", "ARCHIVED"],
        "credentials": {
            "auth_method": "oauth2.0",
            "client_id": id,
            "client_secret": secret,
            "refresh_token": GIVEN["refresh_token"],
        },
        "custom_reports": [
            {
                "name": "by_hand",
                "level": "CAMPAIGN",
                "granularity": "DAY",
                "click_window_days": 30,
                "engagement_window_days": 30,
                "view_window_days": 30,
                "conversion_report_time": "TIME_OF_AD_ACTION",
                "attribution_types": ["INDIVIDUAL", "HOUSEHOLD"],
                "columns": ["SPEND_IN_DOLLAR", "TOTAL_CLICKTHROUGH"],
                "start_date": str(start),
            }
        ],
    }


def catalog(*streams: AirbyteStream) -> ConfiguredAirbyteCatalog:
    """What to read: these streams, whole."""
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=one,
                sync_mode=SyncMode.full_refresh,
                destination_sync_mode=DestinationSyncMode.append,
            )
            for one in streams
        ]
    )


def source(chosen: ConfiguredAirbyteCatalog, settings: dict[str, Any]) -> YamlDeclarativeSource:
    """The connector, to read these streams."""
    return YamlDeclarativeSource(
        str(MANIFEST.absolute()), catalog=chosen, config=settings, state=[]
    )


def read(
    streams: list[AirbyteStream], settings: dict[str, Any]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """What one sync of all streams says: records by stream, and errors by stream."""
    chosen = catalog(*streams)
    records: dict[str, list[dict[str, Any]]] = {one.name: [] for one in streams}
    errors: dict[str, str] = {}
    try:
        for message in source(chosen, settings).read(LOGGER, settings, chosen, []):
            if message.type is Type.RECORD:
                records[message.record.stream].append(message.record.data)
            elif message.type is Type.TRACE and message.trace.type is TraceType.ERROR:
                error = message.trace.error
                place = error.stream_descriptor.name if error.stream_descriptor else ""
                errors[place] = error.internal_message or error.message
    except AirbyteTracedException as error:
        errors[""] = str(error)  # a summary
    return records, errors


def every_stream() -> None:
    manifest = pkgutil.get_data("source_pinterest", "manifest.yaml")
    MANIFEST.write_text(
        manifest.decode().replace("https://api.pinterest.com/v5", GIVEN["url"]), "utf-8"
    )
    AsyncJobOrchestrator._WAIT_TIME_BETWEEN_STATUS_UPDATE_IN_SECONDS = 0.1
    with call("check"):
        answer = source(catalog(), config()).check(LOGGER, config())
        assert answer.status is Status.SUCCEEDED, answer.message
    with call("discover"):
        streams = source(catalog(), config()).discover(LOGGER, config()).streams
        assert len(streams) > 30
    reports = [one for one in streams if one.name.endswith("_report") or "custom" in one.name]
    records, errors = read([one for one in streams if one not in reports], config())
    more, others = read(reports, config(since=DAYS))
    records, errors = records | more, errors | others
    with call("read", fatal=False):
        assert not errors, errors
    for stream in streams:
        found = records[stream.name]
        with call(stream.name, fatal=False):
            assert stream.name not in errors, errors[stream.name]
            assert found, "no records"
        checker = Draft7Validator(stream.json_schema)
        misfits = [error for record in found for error in checker.iter_errors(record)]
        fields = {str(error.path[0]) for error in misfits}
        known = bool(fields) and fields <= WRONG.get(stream.name, set())
        theirs = "has numbers for words and ids" if known else ""
        with call(f"{stream.name}, by its schema", theirs=theirs, fatal=False):
            assert not misfits, (sorted(fields), misfits[0].message)


run(every_stream)
