from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "lotline.records.journal"
    label = "journal"
