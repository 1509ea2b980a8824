"""The box assembly of NIST and the Manufacturing Technology Centre: twenty real assemblies as lots, facts and measurements."""
