"""Forms that process owners write: ``.form`` files in this folder, compiled to WTForms classes by this package.

A schema is JSON in the format of form-js (Camunda Forms), with some types of our own; ``docs/forms.md``
is its reference. ``compile_form`` is where to begin.
"""

from forms.compiled import CompiledForm, compile_form
from forms.component import Component, Option
from forms.display import Line, Lookups
from forms.messages import Translate
from forms.problems import SchemaError, SchemaProblem
from forms.step_form import Fault, StepForm
from forms.surroundings import Choices, NoChoices, Upload, UploadedFile, Uploads

__all__ = [
    "Choices",
    "CompiledForm",
    "Component",
    "Fault",
    "Line",
    "Lookups",
    "NoChoices",
    "Option",
    "SchemaError",
    "SchemaProblem",
    "StepForm",
    "Translate",
    "Upload",
    "UploadedFile",
    "Uploads",
    "compile_form",
]
