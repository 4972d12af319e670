"""Pinterest in a FastAPI application: logins, a client for each user, and answers to errors.

    backend = PinterestBackend(App(...), session_key=os.environ["SESSION_KEY"])
    app = FastAPI()
    backend.install(app)


    @app.get("/boards")
    async def boards(
        pinterest: Annotated[Pinterest, Depends(backend.client)],
    ) -> Page[Board]:
        return await pinterest.boards.list()

What routes return may be structs, pages and rows, alone or in lists, dicts and models. Needs the
extra `fastapi`.
"""

from pinterest_async.integrations.fastapi.backend import PinterestBackend
from pinterest_async.integrations.fastapi.error_answers import add_error_handlers
from pinterest_async.integrations.fastapi.lead_webhook import lead_webhook

__all__ = ["PinterestBackend", "add_error_handlers", "lead_webhook"]
