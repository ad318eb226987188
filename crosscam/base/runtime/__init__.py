"""What networks run on: OpenVINO, ONNX Runtime, torch; each is imported when it is asked for."""
