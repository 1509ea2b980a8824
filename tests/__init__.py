"""The second manual. Mirrors src/lotline; laws/ holds properties of the whole store, project/ the house itself."""
