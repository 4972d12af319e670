"""Checks of requests and answers, compiled from the description once."""

from functools import cache
from typing import Any

import jsonschema_rs

from pinterest_async.emulator.contract.description import (
    ApiOperation,
    Description,
    Routes,
    load,
)
from pinterest_async.emulator.contract.dialect import Dialect
from pinterest_async.emulator.contract.validation import CheckedRequest, RequestChecker, Validators


class Contract:
    """Checks for every operation of a description, each compiled when it is first needed."""

    def __init__(self, description: Description, *, strict: bool = False) -> None:
        """Not `strict`, requests may hold what the description lacks: it is ignored."""
        self.description = description
        self.routes = Routes(description.operations)
        self.answers = Validators(Dialect(description, request=False))
        self._requests = Validators(Dialect(description, request=True, strict=strict))
        self._incomplete = self._requests
        if not strict:
            dialect = Dialect(description, request=True, strict=False, complete=False)
            self._incomplete = Validators(dialect)
        self._checkers: dict[str, RequestChecker] = {}
        self._answer_validators: dict[
            tuple[str, int], jsonschema_rs.Draft202012Validator | None
        ] = {}

    def check(
        self,
        operation: ApiOperation,
        path: dict[str, str],
        query: str,
        content_type: str,
        body: bytes,
    ) -> CheckedRequest:
        """Decode a request.

        Raises:
            RejectedError: 400, with the name of a field, where something does not fit.
        """
        checker = self._checkers.get(operation.id)
        if checker is None:
            by_item = self.description.lists_errors(operation)
            bodies = self._incomplete if by_item else self._requests
            checker = RequestChecker(self.description, self._requests, bodies, operation)
            self._checkers[operation.id] = checker
        return checker.check(path, query, content_type, body)

    def mismatch(self, operation: ApiOperation, status: int, body: Any) -> str:
        """What is wrong with the body of an answer; "" if nothing."""
        key = operation.id, status
        if key not in self._answer_validators:
            schema = operation.answer(status)
            self._answer_validators[key] = None if schema is None else self.answers.of(schema)
        validator = self._answer_validators[key]
        if validator is None:
            return "the description says that the body is empty"
        errors = validator.iter_errors(body)
        return "; ".join(f"{one.instance_path}: {one.message[:200]}" for one in errors)


@cache
def contract(*, strict: bool = False) -> Contract:
    """The contract of the API that ships with the package."""
    return Contract(load(), strict=strict)
