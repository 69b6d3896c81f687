"""Which of GDAL's drivers a process that opens strangers' files may have: all are named but the few allowed, for GDAL takes no list of what to keep.

It opens nothing itself. The tests of the sandbox ask GDAL inside it what is left.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

# pyogrio lists only the drivers that know vectors; these can be in its build or in rasterio's (which is older) as well, and open files
# (or addresses) just the same.
_MORE = (
    "AAIGrid", "ACE2", "ADRG", "AIG", "AirSAR", "BAG", "BIGGIF", "BLX", "BMP", "BSB", "BT", "BYN", "CALS", "CEOS", "COASP", "COG",
    "COSAR", "CPG", "CTable2", "CTG", "DAAS", "DERIVED", "DIMAP", "DIPEx", "DOQ1", "DOQ2", "DTED", "ECRGTOC", "EEDAI", "EHdr", "EIR",
    "ELAS", "ENVI", "ERS", "ESAT", "ESRIC", "EXR", "FAST", "FIT", "FITS", "GDALG", "GenBin", "GFF", "GIF", "GNMDatabase", "GNMFile",
    "GPSBabel", "GRASSASCIIGrid", "GRIB", "GS7BG", "GSAG", "GSBG", "GSC", "GTI", "GTiff", "GTX", "GXF", "HDF4", "HDF4Image", "HDF5",
    "HDF5Image", "HEIF", "HF2", "HFA", "ILWIS", "IRIS", "ISCE", "ISG", "ISIS2", "ISIS3", "JAXAPALSAR", "JDEM", "JP2OpenJPEG", "JPEG",
    "JPEGXL", "KEA", "KMLSUPEROVERLAY", "KRO", "L1B", "LAN", "LCP", "Leveller", "LIBERTIFF", "LOSLAS", "MAP", "Memory", "MFF", "MFF2",
    "MiraMonRaster", "MRF", "MSGN", "NDF", "netCDF", "NGSGEOID", "NITF", "NOAA_B", "NSIDCbin", "NTv2", "NULL", "NWT_GRC", "NWT_GRD",
    "OZI", "PAux", "PCRaster", "PDS", "PLMOSAIC", "PNG", "PNM", "PRF", "R", "Rasterlite", "RCM", "RIK", "RMF", "ROI_PAC", "RPFTOC",
    "RRASTER", "RS2", "RST", "S102", "S104", "S111", "SAFE", "SAGA", "SAR_CEOS", "SDTS", "SENTINEL2", "SGI", "SIGDEM", "SNAP_TIFF",
    "SNODAS", "SRP", "SRTMHGT", "STACIT", "STACTA", "Terragen", "TGA", "TIL", "TileDB", "TSX", "USGSDEM", "VRT", "WCS", "WEBP", "WMS",
    "WMTS", "XPM", "XYZ", "Zarr", "ZMap",
)  # fmt: skip


def all_but(allowed: Collection[str]) -> str:
    """The value of GDAL_SKIP: by comma, because names have spaces."""
    return ",".join(sorted(_all() - set(allowed)))


@lru_cache(maxsize=1)
def _all() -> frozenset[str]:
    import pyogrio

    return frozenset({*pyogrio.list_drivers(), *_MORE})
