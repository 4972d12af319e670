"""Where rows go, and what is finished: files, file systems, and the checkpoint of a harvest."""
