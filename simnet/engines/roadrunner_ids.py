"""Values of a RoadRunner by id, whatever the id."""

from typing import Any


def put(runner: Any, name: str, value: float) -> None:
    """Set the amount, volume or value of what has the id `name`.

    roadrunner 2.10 sets its clock where the id is "time" in whatever case, and reads the model's
    own value, so that the change would be lost. Such ids are set by their position.
    """
    if name.lower() != "time":
        runner[name] = value
        return
    model = runner.model
    for ids, set_values in (
        (model.getGlobalParameterIds(), model.setGlobalParameterValues),
        (model.getCompartmentIds(), model.setCompartmentVolumes),
        (model.getFloatingSpeciesIds(), model.setFloatingSpeciesAmounts),
    ):
        if name in ids:
            set_values([ids.index(name)], [value])
            return
    at = model.getBoundarySpeciesIds().index(name)  # whose amounts have no setter in Python
    volume = model.getCompartmentVolumes()[model.getCompartmentIndexForBoundarySpecies(at)]
    model.setBoundarySpeciesConcentrations([at], [value / volume])
