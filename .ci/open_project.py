#!/usr/bin/python3
"""Opens a project with a real QGIS and checks what a user would see.

Every layer is valid; in every style of it each feature falls under exactly one entry of the legend;
every column that has a list of choices holds nothing else. Each theme of the map is drawn to a PNG,
which must not be blank. Needs the Debian packages qgis, python3-qgis and qgis-providers.

    QT_QPA_PLATFORM=offscreen .ci/open_project.py PROJECT.qgz FOLDER_FOR_PICTURES
"""

import sys
from pathlib import Path

from qgis.core import (
    NULL,
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMapThemeCollection,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def entries(renderer):
    """Label and filter of each entry of a legend, as expressions."""
    if renderer.type() == "categorizedSymbol":
        column = QgsExpression.quotedColumnRef(renderer.classAttribute())
        for category in renderer.categories():
            values = category.value() if isinstance(category.value(), list) else [category.value()]
            texts = ", ".join(QgsExpression.quotedValue(value) for value in values)
            yield category.label(), f"{column} IN ({texts})"
    elif renderer.type() == "RuleRenderer":
        for rule in renderer.rootRule().children():
            yield rule.label(), rule.filterExpression() or "TRUE"
    else:
        raise AssertionError(f"a renderer of type {renderer.type()}")


def check_style(layer, name):
    """Each feature falls under exactly one entry; gives the number of entries in use."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    tests = []
    for label, text in entries(layer.renderer()):
        expression = QgsExpression(text)
        assert not expression.hasParserError(), f"{name}: {text}: {expression.parserErrorString()}"
        assert expression.prepare(context), f"{name}: {text}: {expression.evalErrorString()}"
        tests.append((label, expression))
    used = set()
    for feature in layer.getFeatures():
        context.setFeature(feature)
        under = [label for label, test in tests if test.evaluate(context)]
        assert len(under) == 1, f"{name}: feature {feature.id()} is under {under}"
        used.update(under)
    return len(used), len(tests)


def check_choices(layer):
    """Columns with a list of choices hold nothing else."""
    for rank, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(rank)
        if setup.type() != "ValueMap":
            continue
        choices = setup.config()["map"]
        choices = choices if isinstance(choices, list) else [choices]
        known = {str(value) for choice in choices for value in choice.values()}
        values = [value for value in layer.uniqueValues(rank) if value is not None and value != NULL]
        # QGIS looks booleans up under the words `true` and `false`.
        found = {str(v).lower() if isinstance(v, bool) else str(v) for v in values}
        assert found <= known, f"{layer.name()}: {field.name()}: {sorted(found - known)[:5]}"


def draw(project, layers, styles, path):
    """Draws layers to a picture and gives the number of its colours."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setLayerStyleOverrides(styles)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setOutputSize(QSize(900, 900))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors(), [error.message for error in job.errors()]
    image = job.renderedImage()
    assert image.save(str(path)), path
    return len({image.pixel(x, y) for x in range(0, 900, 7) for y in range(0, 900, 7)})


def main(project_path, pictures):
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    assert project.read(project_path), project.error()
    assert project.crs().isValid(), "the project has no CRS"
    layers = list(project.mapLayers().values())
    assert layers, "the project has no layer"
    print(f"QGIS {Qgis.QGIS_VERSION}: {project.title()}, {project.crs().authid()}")
    for layer in sorted(layers, key=lambda layer: layer.id()):
        assert layer.isValid(), f"{layer.name()}: {layer.source()}"
        assert layer.crs().isValid(), f"{layer.name()}: no CRS"
        if not isinstance(layer, QgsVectorLayer):
            continue
        check_choices(layer)
        manager = layer.styleManager()
        for style in manager.styles():
            assert manager.setCurrentStyle(style), style
            used, known = check_style(layer, f"{layer.name()} / {style}")
            print(f"  {layer.name()} / {style}: {used} of {known} entries in use")
        assert manager.setCurrentStyle(manager.styles()[0])
    assert project.read(project_path)
    pictures.mkdir(parents=True, exist_ok=True)
    themes = project.mapThemeCollection()
    assert themes.mapThemes(), "the project has no theme"
    for theme in themes.mapThemes():
        shown = themes.mapThemeVisibleLayers(theme)
        styles = themes.mapThemeStyleOverrides(theme)
        colours = draw(project, shown, styles, pictures / f"{theme}.png")
        print(f"  theme {theme}: {len(shown)} layers, {colours} colours")
        assert colours > 2, f"the picture of {theme} is blank"
    application.exitQgis()


main(sys.argv[1], Path(sys.argv[2]))
