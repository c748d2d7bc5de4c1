"""From files to an assessment and back: the stairs of the house."""

from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.blockwise import STAGES
from jezero_sites.pipeline.run import assess, assess_layers
from jezero_sites.pipeline.run_files.load import load_run
from jezero_sites.pipeline.table import rescore

__all__ = ["STAGES", "Assessment", "assess", "assess_layers", "load_run", "rescore"]
