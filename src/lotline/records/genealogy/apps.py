from django.apps import AppConfig


class GenealogyConfig(AppConfig):
    name = "lotline.records.genealogy"
    label = "genealogy"
