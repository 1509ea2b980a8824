from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "lotline.records.catalog"
    label = "catalog"
