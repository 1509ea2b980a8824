from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "lotline.records.places"
    label = "places"
