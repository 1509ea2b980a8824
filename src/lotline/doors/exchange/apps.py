from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "lotline.doors.exchange"
    label = "exchange"
