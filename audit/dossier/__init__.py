"""A dossier (卷宗包): all that is known of one case in one file, which can be checked anywhere."""
