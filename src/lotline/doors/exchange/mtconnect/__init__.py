"""What a machine said: MTConnect adapter logs (SHDR) and MTConnectStreams documents, read into the same observations."""
