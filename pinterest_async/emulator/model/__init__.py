"""The model: what users, boards, ad accounts and catalogs contain, and how that changes."""
