"""Texts of the drawing tool of the settings' maps, which speaks English by itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Path in the tool's own table of texts (`L.drawLocal`) → text.
DRAWING_TEXTS = {
    "draw.toolbar.actions.title": _("取消绘制"),
    "draw.toolbar.actions.text": _("取消"),
    "draw.toolbar.finish.title": _("完成绘制"),
    "draw.toolbar.finish.text": _("完成"),
    "draw.toolbar.undo.title": _("删去最后一个点"),
    "draw.toolbar.undo.text": _("删去最后一个点"),
    "draw.toolbar.buttons.polygon": _("画多边形"),
    "draw.toolbar.buttons.rectangle": _("画矩形"),
    "draw.toolbar.buttons.marker": _("标点"),
    "draw.handlers.marker.tooltip.start": _("点击地图标点。"),
    "draw.handlers.polygon.tooltip.start": _("点击第一个角点，开始画。"),
    "draw.handlers.polygon.tooltip.cont": _("继续点击下一个角点。"),
    "draw.handlers.polygon.tooltip.end": _("点击第一个角点，闭合范围。"),
    "draw.handlers.polyline.error": _("边线不能相交。"),
    "draw.handlers.rectangle.tooltip.start": _("按住拖动，画矩形。"),
    "draw.handlers.simpleshape.tooltip.end": _("松开鼠标完成。"),
    "edit.toolbar.actions.save.title": _("保存修改"),
    "edit.toolbar.actions.save.text": _("保存"),
    "edit.toolbar.actions.cancel.title": _("放弃修改"),
    "edit.toolbar.actions.cancel.text": _("取消"),
    "edit.toolbar.actions.clearAll.title": _("删除全部形状"),
    "edit.toolbar.actions.clearAll.text": _("全部删除"),
    "edit.toolbar.buttons.edit": _("修改形状"),
    "edit.toolbar.buttons.editDisabled": _("没有可修改的形状"),
    "edit.toolbar.buttons.remove": _("删除形状"),
    "edit.toolbar.buttons.removeDisabled": _("没有可删除的形状"),
    "edit.handlers.edit.tooltip.text": _("拖动角点，修改形状。"),
    "edit.handlers.edit.tooltip.subtext": _("点“取消”放弃修改。"),
    "edit.handlers.remove.tooltip.text": _("点击要删除的形状。"),
}
