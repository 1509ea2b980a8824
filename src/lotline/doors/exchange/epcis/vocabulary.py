"""Words of the Core Business Vocabulary (CBV 2.0) and the four ways in which documents spell them.

A standard word may be written bare (``shipping``, JSON-LD with the GS1 context), as a URN
(``urn:epcglobal:cbv:bizstep:shipping``), as a web URI (``https://ref.gs1.org/cbv/BizStep-shipping``) or as a
CURIE (``cbv:BizStep-shipping``). All four mean the same and become the bare word here. Anything else must be a
URI of its owner and is kept as it is.

Source of the lists: the enumerations of the EPCIS 2.0 OpenAPI document, and CBV 1.2 for the deprecated ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

BIZ_STEPS = frozenset(
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""".split()
)
DISPOSITIONS = frozenset(
    """active available completeness_inferred completeness_verified conformant container_closed container_open
    damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class
    mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other
    partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen
    unavailable unknown""".split()
)
#: Deprecated since CBV 1.1 but still sent in EPCIS 1.2 documents.
DEPRECATED_DISPOSITIONS = frozenset(
    """non_sellable_damaged non_sellable_disposed non_sellable_expired non_sellable_no_pedigree_match
    non_sellable_recalled""".split()
)
TRANSACTION_TYPES = frozenset("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt".split())
PARTY_TYPES = frozenset("owning_party possessing_party location".split())
ERROR_REASONS = frozenset("did_not_occur incorrect_data".split())
ALERT_TYPES = frozenset("ALARM_CONDITION ERROR_CONDITION".split())
COMPONENTS = frozenset(
    """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude""".split()
)
#: The last line holds types of the GS1 Web Vocabulary that are newer than the EPCIS 2.0 schema.
MEASUREMENT_TYPES = frozenset(
    """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity
    SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber
    EffectiveDose EffectiveDoseRate Molar_concentration MolarConcentration""".split()
)

_WEB = r"(?:https?://(?:www\.)?(?:(?:ref|ns)\.)?gs1\.org/(?:cbv|voc)/|cbv:|gs1:)"
_URI = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+$")


def is_uri(text: str) -> bool:
    """Whether the text has a scheme and no character that a URI can not hold (RFC 3986; non-ASCII is let through)."""
    return bool(_URI.match(text))


@dataclass(frozen=True)
class WordList:
    """One enumeration of the standard: its words and the prefixes that mark them in URNs and web URIs."""

    name: str
    words: frozenset[str]
    urn: str
    web: str
    growing: bool = False  # the list grows outside the standard: unknown words behind a prefix are kept

    def find(self, text: str) -> str | None:
        """Return the bare word for a standard spelling, the text itself for a foreign URI, None for neither."""
        if text in self.words:
            return text
        marked = self._marked(text)
        if marked is not None:
            return marked if marked in self.words else text if self.growing else None
        return text if is_uri(text) else None

    def nearest(self, text: str) -> str:
        """Return the standard word that looks most like the text, or an empty string."""
        bare = self._marked(text) or text
        return next(iter(get_close_matches(bare, sorted(self.words), n=1)), "")

    def _marked(self, text: str) -> str | None:
        """Return the word after a prefix that belongs to GS1, None when the text has no such prefix."""
        urn = re.match(rf"^urn:epcglobal:cbv:{self.urn}:(.+)$", text, re.IGNORECASE)
        if urn:
            return urn.group(1)
        web = re.match(rf"^{_WEB}{self.web}(.+)$", text)
        return web.group(1) if web else None


BIZ_STEP = WordList("bizStep", BIZ_STEPS, "bizstep", "(?:BizStep|Bizstep|bizStep)-")
DISPOSITION = WordList("disposition", DISPOSITIONS, "disp", "(?:Disp|disp)-")
DISPOSITION_1 = WordList("disposition", DISPOSITIONS | DEPRECATED_DISPOSITIONS, "disp", "(?:Disp|disp)-")
TRANSACTION_TYPE = WordList("bizTransaction type", TRANSACTION_TYPES, "btt", "BTT-")
PARTY_TYPE = WordList("source/destination type", PARTY_TYPES, "sdt", "SDT-")
ERROR_REASON = WordList("error reason", ERROR_REASONS, "er", "ER-")
COMPONENT = WordList("component", COMPONENTS, "comp", "Comp-")
ALERT_TYPE = WordList("sensor alert type", ALERT_TYPES, "alert", "(?:SensorAlertType-)?")
MEASUREMENT_TYPE = WordList("measurement type", MEASUREMENT_TYPES, "measurement", "(?:MeasurementType-)?", growing=True)
