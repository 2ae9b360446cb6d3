"""The page on which a dossier is dropped to be checked: for people, without a script."""
