from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "lotline.records.people"
    label = "people"
