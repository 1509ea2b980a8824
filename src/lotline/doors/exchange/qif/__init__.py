"""Quality Information Framework (QIF 2, ISO 23952 since version 3): results of inspections, part by part."""
