"""From the scanner onto the disk: the DICOM node, who may send, what is kept, and when a study is complete."""
