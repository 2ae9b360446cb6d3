"""The readable dossier (卷宗): one page that prints well, made of nothing but the other files of a dossier."""
