"""The widgets of the Sentiment page."""
