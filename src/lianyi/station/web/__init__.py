"""The station's HTTP side: health, metrics, DICOMweb; the door of FastAPI."""
