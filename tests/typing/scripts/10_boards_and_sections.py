"""Walk boards with sections and Pins, and copy a Pin into a new section."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    boards = {board.id: board async for board in pinterest.boards.list(page_size=100)}
    for board in sorted(boards.values(), key=lambda board: board.pin_count or 0, reverse=True):
        print(f"{board.name} by {board.owner.username}: {board.pin_count} Pins, {board.privacy}")
        print(f"  since {board.created_at:%Y-%m-%d}, {board.description or 'no description'}")
        async for section in pinterest.board_sections.list(board.id):
            pins = await pinterest.board_sections.list_pins(board.id, section.id).collect()
            print(f"  {section.name}: {len(pins)} Pins")

    board = await pinterest.boards.create(name="Best of", description="Copies", privacy="SECRET")
    section = await pinterest.board_sections.create(board.id, name="Lamps")
    pin = (await pinterest.pins.list(page_size=1)).items[0]
    copy = await pinterest.pins.save(pin.id, board_id=board.id, board_section_id=section.id)
    assert copy.id != pin.id
    assert copy.board_id == board.id
    if copy.board_section_id == section.id:
        print(f"{copy.title} is now in {section.name}, saved from {copy.parent_pin_id}")
    await pinterest.board_sections.update(board.id, section.id, name="All lamps")
    await pinterest.pins.update(copy.id, title="A lamp", alt_text="A lamp on a desk")
    again = await pinterest.pins.get(copy.id)
    print(again.title, again.created_at.isoformat(), again.dominant_color)
    await pinterest.boards.delete(board.id)
